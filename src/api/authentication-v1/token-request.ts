import type { AuthenticationV1TokenRequest } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';

/** The body of a service account's `token` subresource. */
export type TokenRequest = Resource<AuthenticationV1TokenRequest>;
