import { describe, expect, it } from 'vitest';
import { ProgressBar } from './progressBar';

function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

describe('ProgressBar', () => {
  it('draws one line over itself, no wider than the terminal, and clears it', () => {
    const { stream, written } = terminal(true);
    const bar = new ProgressBar(stream);
    bar.show({ message: 'Calibrating\n(12 of 50) with a long name', fraction: 0.5 });
    bar.show({ message: 'too soon to be drawn', fraction: 0.6 });
    bar.clear();
    expect(written).toHaveLength(2);
    const line = written[0]?.replace('\r\x1b[2K', '') ?? '';
    expect(line).toMatch(/^█{12}/);
    expect([...line].length).toBeLessThan(40);
    expect(line).not.toContain('\n');
    expect(written[1]).toBe('\r\x1b[2K');
  });

  it('is silent where there is no terminal', () => {
    const { stream, written } = terminal(false);
    const bar = new ProgressBar(stream);
    bar.show({ message: 'Calibrating', fraction: null });
    bar.clear();
    expect(written).toEqual([]);
  });
});
