import { reason } from '../../files/systemError';
import { ModelError, UsageError } from '../../model/modelError';
import { type Ended, findProgram, runProgram, searchPath } from './program';

/**
 * `user@host`, or a name of the user's own configuration. Nothing in it is an option, or means something to a shell: a
 * configuration may hand it to one (`ProxyCommand`, CVE-2023-51385).
 */
const ADDRESS = /^[A-Za-z0-9_][A-Za-z0-9_.@:%-]*$/;

/** @throws UsageError for what cannot be one */
export function checkAddress(address: string): string {
  if (ADDRESS.test(address)) return address;
  throw new UsageError(
    `“${address}” is no address of a board: it is written ssh:user@host, of letters, digits and . _ - @ : %.`,
  );
}

/** Status with which OpenSSH says that the connection failed, not the command. */
const CONNECTION_FAILED = 255;
const CONNECT_SECONDS = 15;

/** OpenSSH's client with the user's own configuration, keys and known hosts; it never asks for anything. */
export class SshClient {
  private readonly program: string;

  /** @throws ModelError where there is no ssh */
  constructor(
    readonly address: string,
    private readonly signal: AbortSignal,
  ) {
    const program = findProgram('ssh', searchPath());
    if (program === null)
      throw new ModelError('ssh, which reaches boards, was not found: install OpenSSH’s client.');
    this.program = program;
  }

  /** The same for work that goes on after the signal. */
  with(signal: AbortSignal): SshClient {
    return new SshClient(this.address, signal);
  }

  /**
   * Runs a command line of the board's shell.
   *
   * @param input a file of this computer that it reads
   * @throws ModelError with what to do where there is no connection
   */
  async run(line: string, limitMs: number, input?: string): Promise<Ended> {
    const options = [
      '-T',
      '-o',
      'BatchMode=yes',
      '-o',
      `ConnectTimeout=${CONNECT_SECONDS}`,
      '-o',
      'ServerAliveInterval=15',
    ];
    const words = [...options, '--', this.address, line];
    const settings = { signal: this.signal, limitMs, ...(input === undefined ? {} : { input }) };
    let ended: Ended;
    try {
      ended = await runProgram(this.program, words, settings);
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw new ModelError(`${this.program} does not start: ${reason(error)}.`, {}, error);
    }
    if (ended.status === CONNECTION_FAILED)
      throw new ModelError(connectionProblem(this.address, ended.stderr));
    return ended;
  }
}

/** Why there is no connection and what to do, by what OpenSSH says. */
export function connectionProblem(address: string, said: string): string {
  const how = `“ssh ${address}” in a terminal`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .* key|host key .* has changed/i.test(said))
    return `The host key of ${address} has changed, so that it may be another computer: if you know why, remove the old key (ssh-keygen -R) and try ${how}.`;
  if (/Host key verification failed/i.test(said))
    return `The host key of ${address} is not known yet: try ${how} once and accept it.`;
  if (/Permission denied|Too many authentication failures/i.test(said))
    return `${address} refuses the login, since passwords are not asked for: set up a key (ssh-copy-id) so that ${how} works without one.`;
  if (/Could not resolve hostname/i.test(said))
    return `There is no computer ${address}: check the name, or add it to your ~/.ssh/config.`;
  if (/Connection refused/i.test(said))
    return `${address} refuses connections: start its ssh server, or check the port in your ~/.ssh/config.`;
  if (/timed out|No route to host|Network is unreachable/i.test(said))
    return `${address} does not answer: check that it is on and in reach of this network.`;
  if (/closed by remote host|Connection reset|Broken pipe|not responding|Connection closed/i.test(said))
    return `The connection to ${address} was lost: connect it again and repeat; what was copied to it is removed then.`;
  const last = said.split('\n').findLast((line) => line.trim() !== '');
  return `ssh cannot reach ${address} (${last?.trim().replace(/\.$/, '') ?? 'it does not say why'}): try ${how}.`;
}
