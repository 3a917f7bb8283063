/** A stretch of a name: `common` where the rest of the name says it too. */
export interface NamePart {
  readonly text: string;
  readonly common: boolean;
}

/** What tells the layers of a model apart, of each of their names. */
export interface ShortNames {
  /** The whole name in its parts; one that is not known is one part. */
  parts(name: string): NamePart[];
  /** Without what is common, `…` where that leaves a hole. Distinct names have distinct short names. */
  short(name: string): string;
}

const [SLASH, DOT, SEMICOLON, UNDERSCORE] = [0x2f, 0x2e, 0x3b, 0x5f];
/** A name of more segments is kept whole: no module is nested so deep, and each one costs a look at all names. */
const MAX_SEGMENTS = 16;
/** With more patterns nothing is shortened: networks repeat themselves, and only names without any sense do not. */
const MAX_PATTERNS = 20_000;

/**
 * `/bert/encoder/layer.3/attention/self/query/MatMul` is `layer.3/…/query/MatMul` where no other part of the model has
 * a query. Names that differ in their numbers alone follow one pattern. Of a name that is kept which tells its pattern
 * from the others, read from the end, and which tells it from those of the same pattern; of two numbers of which the
 * inner one says the outer one, the inner one. Near linear in the length of the names.
 */
export function shortNames(names: Iterable<string>): ShortNames {
  const distinct = new Set(names);
  const tails = tellingTails(distinct);
  if (tails.size === 0) return shortOf(distinct);
  const inner = shortOf(new Set([...distinct].map((name) => tails.get(name) ?? name)));
  return {
    parts(name) {
      const tail = tails.get(name);
      if (tail === undefined) return inner.parts(name);
      const [first, ...others] = inner.parts(tail);
      const head = name.slice(0, name.length - tail.length);
      if (first?.common) return [{ text: head + first.text, common: true }, ...others];
      return [{ text: head, common: true }, ...(first ? [first] : []), ...others];
    },
    short: (name) => inner.short(tails.get(name) ?? name),
  };
}

/**
 * TensorFlow Lite names what it fused after all of it, `model/Relu;model/BatchNorm;model/conv2d/Conv2D`: the last name,
 * which is the operator's own, does where no other has it.
 */
function tellingTails(names: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string | null>();
  for (const name of names) {
    const tail = name.slice(name.lastIndexOf(';') + 1);
    owners.set(tail, owners.has(tail) ? null : name);
  }
  const tails = new Map<string, string>();
  for (const [tail, owner] of owners)
    if (tail !== '' && owner !== null && owner !== tail) tails.set(owner, tail);
  return tails;
}

function shortOf(distinct: ReadonlySet<string>): ShortNames {
  const patterns = new Map<string, Pattern>();
  for (const name of distinct) {
    const id = withoutNumbers(name);
    let pattern = patterns.get(id);
    if (pattern === undefined) {
      pattern = { key: segmentsOf(id), names: [] };
      patterns.set(id, pattern);
    }
    pattern.names.push(name);
    if (patterns.size > MAX_PATTERNS) break;
  }
  if (patterns.size > MAX_PATTERNS) patterns.clear();
  const telling = tellingSegments([...patterns.values()]);
  const kept = new Map<string, readonly boolean[]>();
  const owners = new Map<string, string>();
  for (const pattern of patterns.values()) {
    const { key, names } = pattern;
    if (key.length < 2 || key.length > MAX_SEGMENTS) continue;
    const segmented = names.map(segmentsOf);
    const mask = maskOf(key, segmented, telling.get(pattern) ?? []);
    for (const [place, name] of names.entries()) {
      const short = shorten(segmented[place] ?? [], mask);
      // Whatever names hold: what another layer is called, whole or short, is not the short name of this one.
      if (short === name || distinct.has(short)) continue;
      const owner = owners.get(short);
      if (owner === undefined) kept.set(name, mask);
      else kept.delete(owner);
      owners.set(short, owner ?? name);
    }
  }
  return {
    parts(name) {
      const mask = kept.get(name);
      return mask === undefined ? [{ text: name, common: false }] : partsOf(segmentsOf(name), mask);
    },
    short(name) {
      const mask = kept.get(name);
      return mask === undefined ? name : shorten(segmentsOf(name), mask);
    },
  };
}

interface Pattern {
  /** Segments without their numbers. */
  readonly key: readonly string[];
  readonly names: string[];
}

/**
 * `features.0/conv` has the segments `features.0` and `/conv`: each begins with what parts it from the one before. A
 * number after a dot belongs to the module that it counts. TensorFlow Lite joins the names of what it fused by `;`: the
 * last of them is read, those before it are one segment. Core ML has underscores in place of slashes: they part names in
 * which nothing else does.
 */
function segmentsOf(name: string): string[] {
  const segments: string[] = [];
  let from = 0;
  const flat = !/[/.;]/.test(name);
  for (let place = Math.max(1, name.lastIndexOf(';')); place < name.length; place++) {
    if (flat ? !beginsFlat(name, place) : !begins(name, place)) continue;
    segments.push(name.slice(from, place));
    from = place;
  }
  segments.push(name.slice(from));
  return segments;
}

/** A segment begins at this place, which is not the first. */
function begins(name: string, place: number): boolean {
  const code = name.charCodeAt(place);
  if (code !== SLASH && code !== DOT) return code === SEMICOLON;
  const before = name.charCodeAt(place - 1);
  if (code === SLASH) return before !== SLASH;
  return before !== SLASH && before !== DOT && !/[./\d#]/.test(name.charAt(place + 1) || '.');
}

/** The same of a name without slashes and dots; a number belongs to the word that it counts. */
function beginsFlat(name: string, place: number): boolean {
  return (
    name.charCodeAt(place) === UNDERSCORE &&
    name.charCodeAt(place - 1) !== UNDERSCORE &&
    /\p{L}/u.test(name.charAt(place + 1))
  );
}

function withoutNumbers(name: string): string {
  return name.replace(/\d+/g, '#');
}

interface Place {
  readonly next: Map<string, Place>;
  /** A pattern ends here. */
  ends: boolean;
}

/**
 * The segments of each pattern that tell it from the other patterns. Read from the end, patterns are a tree: what
 * matters is which way they go where ways part, and the segments at which another pattern ends.
 */
function tellingSegments(patterns: readonly Pattern[]): Map<Pattern, boolean[]> {
  const root: Place = { next: new Map(), ends: false };
  for (const { key } of patterns) {
    if (key.length > MAX_SEGMENTS) continue;
    let place = root;
    for (const segment of key.toReversed()) {
      let next = place.next.get(segment);
      if (next === undefined) {
        next = { next: new Map(), ends: false };
        place.next.set(segment, next);
      }
      place = next;
    }
    place.ends = true;
  }
  return new Map(
    patterns.map((pattern) => {
      let place: Place | undefined = root;
      const telling = pattern.key.toReversed().map((segment) => {
        const parts: boolean = place !== undefined && place.next.size + Number(place.ends) > 1;
        place = place?.next.get(segment);
        return parts || (place?.ends === true && place.next.size > 0);
      });
      return [pattern, telling.reverse()];
    }),
  );
}

/** Which segments of a pattern's names are kept: never the last one alone, which often is but an operator. */
function maskOf(
  key: readonly string[],
  names: readonly (readonly string[])[],
  telling: readonly boolean[],
): boolean[] {
  const first = names[0] ?? [];
  const varying = key.flatMap((_, place) =>
    names.some((segments) => segments[place] !== first[place]) ? [place] : [],
  );
  const needed = new Set(
    varying.filter((place, order) => !decides(names, varying[order + 1] ?? null, place)),
  );
  const last = key.length - 1;
  const mask = key.map((_, place) => place === last || telling[place] === true || needed.has(place));
  if (!mask.slice(0, last).includes(true)) mask[last - 1] = true;
  // `re_lu_2` is one word: a hole for two letters would say less, and not be shorter.
  for (let place = last - 1; place >= 0; place--)
    if (mask[place + 1] && /^_.{0,2}$/.test(key[place] ?? '')) mask[place] = true;
  return mask;
}

/** Names with the same segment at `inner` have the same one at `outer`. */
function decides(names: readonly (readonly string[])[], inner: number | null, outer: number): boolean {
  if (inner === null) return false;
  const outerOf = new Map<string | undefined, string | undefined>();
  return names.every((segments) => {
    const known = outerOf.get(segments[inner]);
    if (known === undefined) outerOf.set(segments[inner], segments[outer]);
    return known === undefined || known === segments[outer];
  });
}

function partsOf(segments: readonly string[], mask: readonly boolean[]): NamePart[] {
  const parts: { text: string; common: boolean }[] = [];
  segments.forEach((text, place) => {
    // A hole is not shorter than a segment of one letter.
    const common = mask[place] === false && (place === 0 || text.length > 2 || mask[place - 1] === false);
    const last = parts.at(-1);
    if (last?.common === common) last.text += text;
    else parts.push({ text, common });
  });
  const [first, second] = parts;
  // Without what comes first, a name does not begin with what parted the two.
  if (first?.common && second) {
    first.text += second.text.charAt(0);
    second.text = second.text.slice(1);
  }
  return parts;
}

function shorten(segments: readonly string[], mask: readonly boolean[]): string {
  const [first, ...others] = partsOf(segments, mask);
  // What comes first is not missed.
  const shown = first === undefined || first.common ? others : [first, ...others];
  return shown.map(({ text, common }) => (common ? `${text.charAt(0)}…` : text)).join('');
}
