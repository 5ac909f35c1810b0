import { copyOf } from '../wire/frame-reader.js';
import { Effort } from '../../effort.js';
import { SignalPattern } from './signal-pattern.js';

/** What it takes to compare a channel with a pattern, beside a short request. */
const LOOK = 1 / 16;

/** Who is told of signals. */
export interface SignalListener {
  /** @returns False if it has not even taken what it was told before. */
  hear(line: string): boolean;
  /** It does not keep up: its connection is closed. */
  cut(): void;
}

/** Listeners of which one is told at a time, in turn: whose turn it is stands first. */
type Group = Set<SignalListener>;

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

  private size = 0;

  /**
   * @param max How many subscriptions one listener may have.
   * @param maxAll How many all listeners together may have.
   */
  constructor(
    private readonly max: number,
    private readonly maxAll = Infinity,
    private readonly effort = new Effort(),
  ) {}

  /** @returns False if that is no pattern, or one too many. */
  listen(listener: SignalListener, text: string, group: string): boolean {
    const pattern = new SignalPattern(copyOf(text));
    if (!pattern.isValid) return false;
    const own = this.subscriptions.get(listener) ?? new Set();
    const entry = entryOf(text, group);
    if (own.has(entry)) return true;
    if (own.size >= this.max || this.size >= this.maxAll) return false;
    this.size++;
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
      if (found === undefined) audience.groups.set(copyOf(group), new Set([listener]));
      else found.add(listener);
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

  /** What it takes to publish there, as far as that is known: see `Effort`. */
  priceOf(channel: string): number {
    return (this.exact.get(channel)?.everybody.size ?? 0) + this.wild.size * LOOK;
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
    this.effort.total += told.size + this.wild.size * LOOK;
    // Not before: it changes what is gone through above.
    for (const listener of slow) listener.cut();
    return count;
  }

  status(): AudienceStatus[] {
    return [...this.exact.values(), ...this.wild.values()].flatMap(
      ({ pattern: { text: pattern }, everybody, groups }) => [
        ...(everybody.size === 0 ? [] : [{ pattern, listeners: everybody.size }]),
        ...Array.from(groups, ([group, { size }]) => ({ pattern, group, listeners: size })),
      ],
    );
  }

  private *audiencesOf(channel: string): Generator<Audience> {
    const exact = this.exact.get(channel);
    if (exact !== undefined) yield exact;
    if (this.wild.size === 0) return;
    const words = channel.split('.');
    for (const audience of this.wild.values()) if (audience.pattern.matches(words)) yield audience;
  }

  private remove(listener: SignalListener, text: string, group: string): void {
    this.size--;
    const audiences = this.exact.has(text) ? this.exact : this.wild;
    const audience = audiences.get(text);
    if (audience === undefined) return;
    if (group === '') audience.everybody.delete(listener);
    else {
      const members = audience.groups.get(group);
      members?.delete(listener);
      if (members?.size === 0) audience.groups.delete(group);
    }
    if (audience.everybody.size === 0 && audience.groups.size === 0) audiences.delete(text);
  }
}

function entryOf(text: string, group: string): string {
  return `${text}\n${group}`;
}

/** @returns Undefined if one was told; else whose turn it was. */
function tellOne(group: Group, line: string): SignalListener | undefined {
  let first: SignalListener | undefined;
  let left = group.size;
  for (const member of group) {
    if (left-- === 0) break;
    first ??= member;
    // To the end of the line, which this loop does not reach.
    group.delete(member);
    group.add(member);
    if (member.hear(line)) return undefined;
  }
  return first;
}
