import { invalid } from '../../values/invalid.js';

/** A name that nobody can register, so that no page can have it: of this machine, or of a network. An address has no letters at its end. */
const PRIVATE = /^[^.]*$|\.(?:localhost|local|internal|lan|home\.arpa|\d+)$|^\[/i;

/** Of a web page: a scheme and a host, and nothing after them. */
const ORIGIN = /^(?:\*|[a-z][a-z\d+.-]*:\/\/[^\s/?#]+)$/;

/**
 * Which pages of browsers may ask. One whose origin is the address that it is sent to comes from a page of this very address, such as a proxy has, and
 * needs a token like all others. One that says no origin comes from no page, or reads only, of its own address: any page can have that pointed at a
 * machine of its reader's, so where no token is needed the address must be one that no page can have.
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
    if (this.isAny) return true;
    if (origin === undefined) return this.ownToo || host === undefined || this.isSafe(host);
    if (this.list.includes(origin)) return true;
    return this.ownToo && host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }

  /** Is nothing read over this address but by programs, and by pages that may? */
  private isSafe(host: string): boolean {
    if (PRIVATE.test(host.replace(/:\d+$/, '').replace(/\.$/, ''))) return true;
    return this.list.includes(`http://${host}`) || this.list.includes(`https://${host}`);
  }
}

/** @throws LockValidationError unless all are origins of web pages, or `*`. */
export function requireOrigins(origins: readonly string[]): void {
  if (!Array.isArray(origins) || !origins.every((one) => typeof one === 'string' && ORIGIN.test(one))) {
    throw invalid('origins', "are origins such as 'https://app.example.com', or '*'");
  }
}
