import type * as vscode from 'vscode';

/** A file of a commit or of the index, as the editor's git names it. */
export interface GitAddress {
  /** Where the file is in the work tree. */
  readonly path: string;
  /** A commit; `HEAD`; `~` or nothing for the index. */
  readonly ref: string;
}

/** What an address of the scheme `git` stands for; null for all others. */
export function gitAddress({ scheme, query }: vscode.Uri): GitAddress | null {
  if (scheme !== 'git') return null;
  try {
    const { path, ref } = JSON.parse(query) as Record<string, unknown>;
    return typeof path === 'string' && typeof ref === 'string' ? { path, ref } : null;
  } catch {
    return null;
  }
}

/** A file beside another one, in the same commit. */
export function besideInGit(uri: vscode.Uri, address: GitAddress, file: string): vscode.Uri {
  return uri.with({ path: file, query: JSON.stringify({ ...address, path: file }) });
}

/** The version for people: `HEAD`, `index`, `1a2b3c4`; of other schemes the scheme. */
export function versionOf(uri: vscode.Uri): string {
  const address = gitAddress(uri);
  if (address === null) return uri.scheme;
  if (address.ref === '' || address.ref === '~') return 'index';
  return address.ref.replace(/^([0-9a-f]{7})[0-9a-f]{33}/, '$1');
}
