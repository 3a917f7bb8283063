/** Warnings of a result that a finding says with its reason; where it is shown, they are not. */

export function notFaster(what: string, where: string): string {
  return `${what} is not faster on ${where}.`;
}

export function onlyCleaned(what: string, where: string): string {
  return `${what} is not faster on ${where} than the float model after cleaning: the speed-up comes from cleaning alone.`;
}
