const FOREIGN = /[^A-Za-z0-9._:@-]/gu;
/** How much of a holder fits beside what makes an attempt unique: 64 characters are allowed in all. */
const ROOM = 48;
const FORM = /^(.*)@([0-9a-z]{8})\.[0-9a-z]{1,6}$/;

/**
 * Makes the ids under which this client campaigns, one for each attempt, and tells who is behind an id.
 *
 * The service answers a candidate that leads already as it answers everybody else. Only by its id can a client see that
 * the leader is itself, by a campaign of which it never had the answer.
 */
export class Candidates {
  private readonly client: string;
  /** By what others see of them. */
  private readonly holders = new Map<string, string>();
  private count = 0;

  /** @param random A number in [0, 1). */
  constructor(random: () => number) {
    this.client = Math.floor(random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0');
  }

  /** `holder@client.attempt` */
  issue(holder: string): string {
    // The end of a default holder tells more than its beginning.
    const shown = holder.replace(FOREIGN, '-').slice(-ROOM);
    this.holders.set(shown, holder);
    this.count++;
    return `${shown}@${this.client}.${this.count.toString(36)}`;
  }

  /** Who is meant: our own holders as they are, and others by theirs unless one of ours has the same. */
  holderOf(candidate: string): string {
    const [, shown, client] = FORM.exec(candidate) ?? [];
    if (shown === undefined) return candidate;
    const own = this.holders.get(shown);
    if (client === this.client) return own ?? shown;
    return own === undefined ? shown : candidate;
  }
}
