import { ServerCore } from '../../../../src/server/server-core.js';
import type { ServerConnection, Dialogue } from '../../../../src/server/connection.js';
import { DflockdFront } from '../../../../src/server/dflockd/dflockd-front.js';
import { checkOptions, type DflockdServerOptions, type FrontSettings } from '../../../../src/server/dflockd/options.js';
import { Time } from '../../../support/virtual.js';

/** A client without a network: what it is told is written down. */
export class FakeClient implements ServerConnection {
  readonly told: string[] = [];
  backlog = 0;
  isPaused = false;
  isWelcome = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** Called with all that is written. */
  onWrite: (text: string) => void = () => undefined;
  readonly dialogue: Dialogue;

  constructor(
    front: DflockdFront,
    readonly source = 'somewhere',
  ) {
    this.dialogue = front.open(this);
  }

  write(text: string): void {
    if (!text.endsWith('\n')) throw new Error('half a line was written');
    this.told.push(...text.slice(0, -1).split('\n'));
    this.onWrite(text);
  }

  welcome(): void {
    this.isWelcome = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.state = 'ended';
  }

  destroy(): void {
    this.state = 'destroyed';
  }

  /** Sends a request. @returns What it was told so far and had not read. */
  ask(command: string, key: string, argument = ''): string[] {
    this.dialogue.received(`${command}\n${key}\n${argument}\n`);
    return this.read();
  }

  /** Takes a lock that is free. @returns Its token. */
  take(key: string, argument = '0'): string {
    this.dialogue.received(`l\n${key}\n${argument}\n`);
    const answer = this.told.pop() ?? 'nothing';
    const [word, token = ''] = answer.split(' ');
    if (word !== 'ok') throw new Error(`answered ${answer}`);
    return token;
  }

  /** What it was told since it last read. Tokens are `T`. */
  read(): string[] {
    return this.told.splice(0).map((line) => line.replace(/\b[0-9a-f]{32}\b/, 'T'));
  }
}

/** A front in virtual time. */
export function setUp(
  options: DflockdServerOptions = {},
  more: Partial<FrontSettings> = {},
  limits: Partial<FrontSettings['limits']> = {},
) {
  const time = new Time();
  const settings = checkOptions(options);
  const core = new ServerCore({ scheduler: time }, undefined, settings.maxBuffered);
  const front = new DflockdFront(core, { ...settings.front, ...more, limits: { ...settings.front.limits, ...limits } });
  const client = (source?: string): FakeClient => new FakeClient(front, source);
  return { time, core, front, client };
}
