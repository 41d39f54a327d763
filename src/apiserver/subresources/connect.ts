import type { Kind } from '../../apimachinery/kind.ts';
import type { HandlerServices, ResourceRequest, VerbHandler } from '../handlers/services.ts';

/** A subresource that is no view of its parent but does something. */
export interface ConnectSubresource {
  readonly kind: Kind<any>;
  readonly name: string;
  readonly handle: VerbHandler;
  /** HTTP methods that it takes although they are those of no verb. */
  readonly furtherMethods?: readonly string[];
}

/** A kind whose objects are questions or orders: created, answered, never stored. */
export interface AnsweredKind {
  readonly kind: Kind<any>;
  readonly handle: (services: HandlerServices, request: ResourceRequest) => Promise<void>;
}
