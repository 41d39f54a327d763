import { createSecureContext, type SecureContext } from 'node:tls';
import type { Certificate } from './table.ts';

/** Which certificate is shown to whom: by the name that a client asks for. Replaced as a whole, also under live connections. */
export class ShownCertificates {
  #byName = new Map<string, Certificate>();
  /** Made when the first client asks, which takes a millisecond; kept as long as the certificate is the same. */
  #contexts = new Map<string, SecureContext>();

  replace(certificates: readonly Certificate[]): void {
    const before = this.#contexts;
    this.#byName = new Map();
    this.#contexts = new Map();
    for (const one of certificates) {
      const context = before.get(identity(one));
      if (context) this.#contexts.set(identity(one), context);
      // Several may be named for a host: the oldest Ingress comes first and wins.
      for (const host of one.hosts) if (!this.#byName.has(host)) this.#byName.set(host, one);
    }
  }

  /** @returns undefined when none is for that name: then the default certificate is shown */
  find(name: string): SecureContext | undefined {
    const host = name.toLowerCase();
    const dot = host.indexOf('.');
    const found = this.#byName.get(host) ?? (dot > 0 ? this.#byName.get(`*${host.slice(dot)}`) : undefined);
    return found && this.#context(found);
  }

  #context(certificate: Certificate): SecureContext | undefined {
    const key = identity(certificate);
    let context = this.#contexts.get(key);
    if (context) return context;
    try {
      context = createSecureContext({ cert: certificate.cert, key: certificate.key });
      this.#contexts.set(key, context);
      return context;
    } catch {
      return undefined; // such as keys that are too short for the TLS library
    }
  }
}

function identity({ cert, key }: Certificate): string {
  return `${cert}\n${key}`;
}
