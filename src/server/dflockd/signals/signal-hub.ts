import { copyOf } from '../wire/frame-reader.js';
import { SignalPattern } from './signal-pattern.js';

/** Who is told of signals. */
export interface SignalListener {
  /** @returns False if it has not even taken what it was told before. */
  hear(line: string): boolean;
  /** It does not keep up: its connection is closed. */
  cut(): void;
}

/** Listeners of which one is told at a time, in turn. */
interface Group {
  readonly members: SignalListener[];
  turn: number;
}

/** Who listens to a pattern. */
interface Audience {
  readonly pattern: SignalPattern;
  readonly everybody: Set<SignalListener>;
  readonly groups: Map<string, Group>;
}

/** What a server tells about an audience. */
export interface AudienceStatus {
  readonly pattern: string;
  readonly group?: string;
  readonly listeners: number;
}

/** Signals: whoever listens is told, nobody else remembers. In a group one of its members is told. */
export class SignalHub {
  private readonly exact = new Map<string, Audience>();
  private readonly wild = new Map<string, Audience>();
  /** By listener: what it listens to, pattern and group with a line feed between them, which neither can have. */
  private readonly subscriptions = new Map<SignalListener, Set<string>>();

  /** @param max How many subscriptions one listener may have. */
  constructor(private readonly max: number) {}

  /** @returns False if that is no pattern, or one too many. */
  listen(listener: SignalListener, text: string, group: string): boolean {
    const pattern = new SignalPattern(copyOf(text));
    if (!pattern.isValid) return false;
    const own = this.subscriptions.get(listener) ?? new Set();
    const entry = entryOf(text, group);
    if (own.has(entry)) return true;
    if (own.size >= this.max) return false;
    this.subscriptions.set(listener, own.add(copyOf(entry)));
    const audiences = pattern.isWild ? this.wild : this.exact;
    let audience = audiences.get(text);
    if (audience === undefined) {
      audience = { pattern, everybody: new Set(), groups: new Map() };
      audiences.set(pattern.text, audience);
    }
    if (group === '') audience.everybody.add(listener);
    else {
      const found = audience.groups.get(group);
      if (found === undefined) audience.groups.set(copyOf(group), { members: [listener], turn: 0 });
      else found.members.push(listener);
    }
    return true;
  }

  unlisten(listener: SignalListener, text: string, group: string): void {
    const own = this.subscriptions.get(listener);
    if (own?.delete(entryOf(text, group)) !== true) return;
    if (own.size === 0) this.subscriptions.delete(listener);
    this.remove(listener, text, group);
  }

  /** It listens to nothing any more. */
  forget(listener: SignalListener): void {
    const own = this.subscriptions.get(listener);
    this.subscriptions.delete(listener);
    for (const entry of own ?? []) {
      const [text = '', group = ''] = entry.split('\n');
      this.remove(listener, text, group);
    }
  }

  /** @returns How many were told. Who listens by several patterns is told once, and once more for each group. */
  publish(channel: string, payload: string): number {
    const line = `sig ${channel} ${payload}\n`;
    const told = new Set<SignalListener>();
    const slow = new Set<SignalListener>();
    let count = 0;
    for (const { everybody, groups } of this.audiencesOf(channel)) {
      for (const listener of everybody) {
        if (told.has(listener)) continue;
        told.add(listener);
        if (listener.hear(line)) count++;
        else slow.add(listener);
      }
      for (const group of groups.values()) {
        const late = tellOne(group, line);
        if (late === undefined) count++;
        else slow.add(late);
      }
    }
    // Not before: it changes what is gone through above.
    for (const listener of slow) listener.cut();
    return count;
  }

  status(): AudienceStatus[] {
    return [...this.exact.values(), ...this.wild.values()].flatMap(
      ({ pattern: { text: pattern }, everybody, groups }) => [
        ...(everybody.size === 0 ? [] : [{ pattern, listeners: everybody.size }]),
        ...Array.from(groups, ([group, { members }]) => ({ pattern, group, listeners: members.length })),
      ],
    );
  }

  private *audiencesOf(channel: string): Generator<Audience> {
    const exact = this.exact.get(channel);
    if (exact !== undefined) yield exact;
    for (const audience of this.wild.values()) if (audience.pattern.matches(channel)) yield audience;
  }

  private remove(listener: SignalListener, text: string, group: string): void {
    const audiences = this.exact.has(text) ? this.exact : this.wild;
    const audience = audiences.get(text);
    if (audience === undefined) return;
    if (group === '') audience.everybody.delete(listener);
    else {
      const members = audience.groups.get(group)?.members ?? [];
      const index = members.indexOf(listener);
      if (index >= 0) members.splice(index, 1);
      if (members.length === 0) audience.groups.delete(group);
    }
    if (audience.everybody.size === 0 && audience.groups.size === 0) audiences.delete(text);
  }
}

function entryOf(text: string, group: string): string {
  return `${text}\n${group}`;
}

/** @returns Undefined if one was told; else whose turn it was. */
function tellOne(group: Group, line: string): SignalListener | undefined {
  const { members } = group;
  const first = group.turn++;
  for (let step = 0; step < members.length; step++) {
    if (members[(first + step) % members.length]?.hear(line) === true) return undefined;
  }
  return members[first % members.length];
}
