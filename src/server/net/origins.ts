import { invalid } from '../../values/invalid.js';

/** Of a web page: a scheme and a host, and nothing after them. */
const ORIGIN = /^(?:\*|[a-z][a-z\d+.-]*:\/\/[^\s/?#]+)$/;

/**
 * Which pages of browsers may ask. A request that says no origin comes from no page; one whose origin is the address that it
 * is sent to comes from a page of this very address, such as a proxy has, and needs a token like all others.
 */
export class Origins {
  readonly list: readonly string[];
  /** Any page may. */
  readonly isAny: boolean;

  /**
   * @param list Such as `https://app.example.com`; `*` for all.
   * @param ownToo May a page of the very address? Only where a token is required: any name may be pointed at a machine.
   */
  constructor(
    list: readonly string[],
    private readonly ownToo: boolean,
  ) {
    this.list = list;
    this.isAny = list.includes('*');
  }

  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.isAny || this.list.includes(origin)) return true;
    return this.ownToo && host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }
}

/** @throws LockValidationError unless all are origins of web pages, or `*`. */
export function requireOrigins(origins: readonly string[]): void {
  if (!Array.isArray(origins) || !origins.every((one) => typeof one === 'string' && ORIGIN.test(one))) {
    throw invalid('origins', "are origins such as 'https://app.example.com', or '*'");
  }
}
