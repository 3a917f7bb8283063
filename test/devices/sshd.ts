import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

const SSHD = '/usr/sbin/sshd';

/** Why there can be no ssh server here; null: there can. */
export const whyNoSshd = existsSync(SSHD)
  ? null
  : 'openssh-server is not installed, which is what boards are tested with';

/** What a small Linux has; Node is not among it. */
const TOOLS = [
  'sh',
  'bash',
  'uname',
  'head',
  'tail',
  'cut',
  'tr',
  'grep',
  'cat',
  'rm',
  'mkdir',
  'mktemp',
  'sleep',
  'dirname',
];

/** Boards that a test reaches as `ssh:<name>`: each has these programs and no others. */
export type Boards = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A real ssh server on loopback, with a port for each board, and OpenSSH's client with a configuration of the test's. */
export class SshBoards {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'ssh-boards-'));
  /** For the PATH: `ssh` with the test's configuration, as a user would have in `~/.ssh`. */
  readonly bin = path.join(this.folder, 'bin');
  private server: ChildProcess | undefined;

  constructor(private readonly boards: Boards) {}

  async start(): Promise<void> {
    for (const key of ['host', 'other-host', 'user', 'stranger']) this.makeKey(key);
    const names = Object.keys(this.boards);
    const ports = await Promise.all(names.map(freePort));
    const matches = names.map((name, index) => {
      const board = this.makeBoard(name);
      return `Match LocalPort ${ports[index]}\n  SetEnv PATH=${board}/bin TMPDIR=${board}/tmp`;
    });
    this.write('authorized', this.read('user.pub'));
    this.write(
      'sshd_config',
      `${ports.map((port) => `ListenAddress 127.0.0.1:${port}`).join('\n')}
HostKey ${this.path('host')}
AuthorizedKeysFile ${this.path('authorized')}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
${matches.join('\n')}
`,
    );
    const known = (key: string) =>
      ports.map((port) => `[127.0.0.1]:${port} ${this.read(`${key}.pub`)}`).join('');
    this.write('known', known('host'));
    this.write('changed', known('other-host'));
    this.write('nothing', '');
    const host = (name: string, port: number | undefined, key = 'user', hosts = 'known') => `Host ${name}
  HostName 127.0.0.1
  Port ${port}
  User ${userInfo().username}
  IdentityFile ${this.path(key)}
  IdentitiesOnly yes
  IdentityAgent none
  StrictHostKeyChecking yes
  GlobalKnownHostsFile none
  UserKnownHostsFile ${this.path(hosts)}`;
    this.write(
      'config',
      [
        ...names.map((name, index) => host(name, ports[index])),
        host('refusing', ports[0], 'stranger'),
        host('changed', ports[0], 'user', 'changed'),
        host('unknown', ports[0], 'user', 'nothing'),
        host('off', await freePort()),
      ].join('\n'),
    );
    mkdirSync(this.bin);
    this.program(this.bin, 'ssh', `exec /usr/bin/ssh -F '${this.path('config')}' "$@"`);
    // Where sshd locks itself in; a user's own needs none.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    this.server = spawn(SSHD, ['-D', '-e', '-f', this.path('sshd_config')], { stdio: 'ignore' });
    await Promise.all(ports.map(listening));
  }

  stop(): void {
    this.server?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Folders that are left in a board's folder for temporary files. */
  left(board: string): string[] {
    return readdirSync(this.path(`boards/${board}/tmp`));
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  private makeBoard(name: string): string {
    const board = this.path(`boards/${name}`);
    mkdirSync(path.join(board, 'bin'), { recursive: true });
    mkdirSync(path.join(board, 'tmp'));
    for (const tool of TOOLS) {
      const found = ['/bin', '/usr/bin'].map((folder) => path.join(folder, tool)).find(existsSync);
      if (found !== undefined) symlinkSync(found, path.join(board, 'bin', tool));
    }
    for (const [program, script] of Object.entries(this.boards[name] ?? {}))
      this.program(path.join(board, 'bin'), program, script);
    return board;
  }

  /** A script; without a first line of its own, of sh. */
  private program(folder: string, name: string, script: string): void {
    const file = path.join(folder, name);
    writeFileSync(file, script.startsWith('#!') ? script : `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  private makeKey(name: string): void {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', this.path(name)]);
  }

  private read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  private write(name: string, text: string): void {
    writeFileSync(this.path(name), text, { mode: 0o600 });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return address.port;
}

async function listening(port: number): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true));
      socket.on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`sshd does not listen on ${port}.`);
}
