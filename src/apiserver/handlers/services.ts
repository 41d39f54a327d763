import type { FieldError } from '../../apimachinery/field-error.ts';
import type { Subresource } from '../../apimachinery/kind.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import type { Decoder } from '../../apimachinery/schema/validate.ts';
import type { Authenticator } from '../../auth/authn/authenticator.ts';
import type { Authorizer } from '../../auth/authz/authorizer.ts';
import type { TokenSubject } from '../../auth/tokens.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Registry, Target, WriteOptions } from '../registry/registry.ts';
import type { KubeletConnector } from '../subresources/kubelet-connection.ts';
import type { Dial } from '../subresources/proxy/backend.ts';
import { fieldManagerOf } from './field-manager.ts';
import { invalidParameters } from './invalid-parameters.ts';
import type { BookmarkTimers } from './bookmark-timers.ts';
import type { OpenWatches } from './open-watches.ts';

/** Signs a token of a service account; the expiry is RFC 3339. */
export type IssueToken = (subject: TokenSubject) => Promise<{ token: string; expirationTimestamp: string }>;

/** What handlers work with. */
export interface HandlerServices {
  readonly registry: Registry;
  readonly decoder: Decoder;
  readonly definitions: Definitions;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly metrics: ServerMetrics;
  readonly watches: OpenWatches;
  readonly bookmarks: BookmarkTimers;
  readonly kubelets: KubeletConnector;
  /** How pods and nodes are reached. */
  readonly dial: Dial;
  readonly issueToken?: IssueToken | undefined;
  /** Seconds that tokens of service accounts live at most. */
  readonly longestToken?: number | undefined;
}

/** A request for a resource, resolved to its kind. */
export interface ResourceRequest {
  readonly exchange: Exchange;
  readonly target: Target;
  readonly subresource?: Subresource | undefined;
}

/** Answers one verb. */
export type VerbHandler = (services: HandlerServices, request: ResourceRequest) => Promise<void>;

/** Who writes, and whether for real. @throws ApiError Invalid for an unknown `dryRun` or an unfit `fieldManager` */
export function writeOptions(exchange: Exchange): WriteOptions {
  const dryRun = dryRunOf(exchange, exchange.query.getAll('dryRun'));
  const fieldManager = fieldManagerOf(exchange);
  const { user, pause } = exchange;
  return { user, dryRun, fieldManager, warn: (text) => addWarning(exchange, text), pause };
}

/** Nobody is told the same thing twice. */
function addWarning(exchange: Exchange, text: string): void {
  if (!exchange.warnings.includes(text)) exchange.warnings.push(text);
}

/** @throws ApiError Invalid */
function dryRunOf(exchange: Exchange, values: readonly string[]): boolean {
  if (values.length === 0) return false;
  const errors = dryRunErrors(values);
  if (errors.length > 0) throw invalidParameters(exchange, errors);
  return true;
}

/** Nothing is stored by mistake: a value that is not known is an error. */
export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === 'All')) return [];
  const shown = `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const message = `Unsupported value: ${shown}: supported values: "All"`;
  return [{ type: 'FieldValueNotSupported', field: 'dryRun', message }];
}
