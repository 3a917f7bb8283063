/** Where a file of this length is damaged. */
export type Place = (length: number, random: () => number) => number;

/** One damaged copy of a file: cut short, bytes changed, a length made absurd, or a piece removed or doubled. */
export function mutate(bytes: Buffer, random: () => number, choose: Place): Buffer {
  const at = (length: number) => Math.floor(random() * length);
  const place = () => choose(bytes.length, random);
  const copy = Buffer.from(bytes);
  switch (at(6)) {
    case 0:
      return copy.subarray(0, place());
    case 1:
      for (let i = 0; i < 1 + at(4); i++) copy[place()] = at(256);
      return copy;
    case 2: {
      const start = place();
      copy.fill(0xff, start, Math.min(copy.length, start + 1 + at(9)));
      return copy;
    }
    case 3: {
      const index = place();
      copy[index] = (copy[index] ?? 0) ^ (1 << at(8));
      return copy;
    }
    case 4: {
      const start = place();
      return Buffer.concat([copy.subarray(0, start), copy.subarray(start + 1 + at(40))]);
    }
    default: {
      const start = place();
      return Buffer.concat([copy.subarray(0, start + 1 + at(40)), copy.subarray(start)]);
    }
  }
}
