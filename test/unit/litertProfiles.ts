import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProfilerEvent } from '../../src/runtime/litertNative/profilerEvent';

/**
 * What LiteRT 2.3.0 noted of one run (x86-64, one thread, parts of XNNPACK in the order of the file), recorded with
 * its C interface alone. A line is an event: type, graph, index, start and duration in microseconds, tag.
 */
export function recordedProfile(name: string): ProfilerEvent[] {
  const text = readFileSync(resolve('test/unit/litertProfiles', `${name}.txt`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [type, graph, index, start, microseconds, ...tag] = line.split(' ');
      return {
        type: Number(type),
        graph: Number(graph),
        index: Number(index),
        start: Number(start),
        microseconds: Number(microseconds),
        tag: tag.join(' '),
      };
    });
}
