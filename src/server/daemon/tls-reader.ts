import { readFile } from 'node:fs/promises';
import { LockConfigError } from '../../contract/errors.js';
import { invalid } from '../../values/invalid.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import { checkCertificate } from '../net/check-certificate.js';
import type { LockServerOptions, TlsFiles, TlsPem } from './options.js';

const KNOWN: ReadonlySet<string> = new Set(['cert', 'key', 'certFile', 'keyFile']);

/** The certificate that the options name. */
export class TlsReader {
  /** With the key, which `inspect` shows to nobody. */
  readonly #tls: LockServerOptions['tls'];

  /** @throws LockValidationError for what is neither PEM nor files. */
  constructor(tls: LockServerOptions['tls']) {
    if (tls !== undefined) {
      refuseUnknown(tls, KNOWN, 'tls.');
      if (!isPem(tls) && !isFiles(tls)) throw invalid('tls', 'has a cert and a key, or a certFile and a keyFile');
    }
    this.#tls = tls;
  }

  get isOn(): boolean {
    return this.#tls !== undefined;
  }

  /** @throws LockConfigError if a file cannot be read, or what is in it is no certificate with its key. */
  async read(): Promise<TlsPem | undefined> {
    const tls = this.#tls;
    if (tls === undefined) return undefined;
    try {
      const pem = isPem(tls) ? tls : await pemOf(tls);
      checkCertificate(pem);
      return pem;
    } catch (error) {
      throw new LockConfigError(`tls: ${reasonOf(error)}`, { option: 'tls', cause: error });
    }
  }
}

async function pemOf({ certFile, keyFile }: TlsFiles): Promise<TlsPem> {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return { cert, key };
}

/** Of a file that cannot be read, which and why; of another, only what kind of fault it is. */
function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'the key is not that of the certificate';
  return code.startsWith('ERR_OSSL') ? `the certificate or the key is no PEM (${code})` : message;
}

function isPem(tls: object): tls is TlsPem {
  const { cert, key } = tls as Partial<TlsPem>;
  return [cert, key].every((one) => (typeof one === 'string' && one !== '') || Buffer.isBuffer(one));
}

function isFiles(tls: object): tls is TlsFiles {
  const { certFile, keyFile } = tls as Partial<TlsFiles>;
  return [certFile, keyFile].every((one) => typeof one === 'string' && one !== '');
}
