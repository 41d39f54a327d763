import type { UserInfo } from '../user.ts';

/** The names in a client certificate that TLS has verified against the cluster's CA. */
export interface ClientCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** What a request shows of who sent it. */
export interface AuthenticationRequest {
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Present only when TLS verified it. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** One way to find out who makes a request. */
export interface Authenticator {
  /**
   * The user; undefined when the request carries no credentials that this authenticator knows.
   * @throws ApiError Unauthorized when it carries credentials of its kind that are wrong
   */
  authenticate(request: AuthenticationRequest): Promise<UserInfo | undefined>;
  /**
   * Whose token it is, and for which of `audiences` it is meant; undefined when nobody knows it. Only authenticators of
   * tokens have it.
   * @throws ApiError Unauthorized when the token is wrong
   */
  reviewToken?(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined>;
}

/** What is known of a token. */
export interface ReviewedToken {
  readonly user: UserInfo;
  /** Absent: the token knows no audiences. */
  readonly audiences?: readonly string[];
}
