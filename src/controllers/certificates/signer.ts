/** Whom a certificate request is for. */
export interface RequestedIdentity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** The alternative names, by what they are. */
  readonly names: Readonly<Record<'dns' | 'ip' | 'email' | 'url', readonly string[]>>;
}

/** Reads and signs certificate requests (PEM) with the cluster's authority. Its key stays where it is. */
export interface CertificateSigner {
  /** @throws Error when it is no certificate request */
  identityOf(request: string): RequestedIdentity;
  /**
   * The certificate (PEM), valid for `seconds` but not longer than the authority.
   * @throws Error when the request was not signed with its own key, or a usage is unknown
   */
  sign(request: string, terms: { readonly usages: readonly string[]; readonly seconds: number }): Promise<string>;
}
