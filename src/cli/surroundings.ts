/** What a command has around it: of a process, as much as it needs. */
export interface Surroundings {
  readonly env: Record<string, string | undefined>;
  readonly stdout: Output;
  readonly stderr: Output;
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
  /** Ends at once. */
  exit(code: number): unknown;
}

export interface Output {
  write(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
  /** How wide a terminal is; absent where it is none. */
  readonly columns?: number | undefined;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
