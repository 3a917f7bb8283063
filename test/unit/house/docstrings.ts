const DECLARED =
  /^export (?:default )?(?:async )?function\*? ?(\w+)|^export const (\w+)(?:: [^=]+)? = (?:async )?(?:<[^>]*>)?(?:\([^)]*\)[^={]*|\w+) =>/;

/** Names of exported functions that nothing is said of. The first of several overloads speaks for all. */
export function undocumented(source: string): string[] {
  const lines = source.split('\n');
  const seen = new Set<string>();
  return lines.flatMap((line, index) => {
    const match = DECLARED.exec(line);
    const name = match?.[1] ?? match?.[2];
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    return lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [name];
  });
}
