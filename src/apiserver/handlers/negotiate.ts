import { protobuf } from '../../api/protobuf.ts';
import { notAcceptable } from '../../apimachinery/api-error.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** The form in which the client wants objects. */
export type OutputForm = 'object' | 'table' | 'partial' | 'partial-list';

/** What was agreed on. */
export interface Negotiated {
  readonly form: OutputForm;
  /** `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string;
  readonly yaml: boolean;
  readonly protobuf: boolean;
  /** Whether the client asked for line breaks: undefined when it said nothing. */
  readonly pretty?: boolean;
  /** For the answer. */
  readonly contentType: string;
}

const plainJson: Negotiated = {
  form: 'object',
  version: 'v1',
  yaml: false,
  protobuf: false,
  contentType: 'application/json',
};
const plainYaml: Negotiated = { ...plainJson, yaml: true, contentType: 'application/yaml' };
const plainProtobuf: Negotiated = { ...plainJson, protobuf: true, contentType: protobufType };
const supported = ['application/json', 'application/yaml'];
const forms: Readonly<Record<string, OutputForm>> = {
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partial-list',
};

type Known = Map<string, Negotiated | undefined>;

/** Clients send the same few headers over and over. Apart: those about objects that have a protobuf form. */
const known: Known = new Map();
const knownOfBuiltIn: Known = new Map();

/**
 * The best of what an `Accept` header asks for: by quality, then in its order.
 * @param definition of what is to be sent, which tells whether it has a protobuf form
 * @throws ApiError NotAcceptable when nothing of it can be served
 */
export function negotiate(accept: string | undefined, definition?: string): Negotiated {
  if (!accept || accept === 'application/json' || accept === '*/*') return plainJson;
  const builtIn = definition !== undefined && accept.includes(protobufType) && protobuf().knows(definition);
  const result = remembered(accept, builtIn);
  if (result) return result;
  const known = definition !== undefined && protobuf().knows(definition);
  throw notAcceptable(known ? [...supported, protobufType] : supported);
}

/** What the client takes of a document that has no other form than its own; undefined when that is nothing. */
export function negotiateDocument(accept: string | undefined): Negotiated | undefined {
  if (!accept || accept === 'application/json' || accept === '*/*') return plainJson;
  return remembered(accept, accept.includes(protobufType));
}

/** Programs that show an answer to people as it is. */
const viewers = /^(curl|Wget|Mozilla\/5\.0)/;

/** Whether JSON is to have line breaks: as the query says, or else the `Accept` header, or else by the sort of client. */
export function wantsPretty({ query, request }: Exchange, accepted: Negotiated | undefined): boolean {
  const asked = query.get('pretty');
  if (asked) return /^(1|t|T|true|TRUE|True)$/.test(asked);
  const agent = request.headers['user-agent'];
  return accepted?.pretty ?? (agent !== undefined && viewers.test(agent));
}

/**
 * For answers that have no other form than their own: they are not stored, so they are neither tables nor metadata alone.
 * @throws ApiError NotAcceptable when the client takes nothing but those forms
 */
export function demandObjectForm(accept: string | undefined): void {
  if (accept && accept.split(',').every((range) => parseMediaRange(range).parameters['as']))
    throw notAcceptable([...supported, protobufType]);
}

function remembered(accept: string, builtIn: boolean): Negotiated | undefined {
  const answers = builtIn ? knownOfBuiltIn : known;
  let result = answers.get(accept);
  if (!result && !answers.has(accept)) {
    result = best(accept, builtIn);
    if (answers.size >= 500) answers.clear();
    answers.set(accept, result);
  }
  return result;
}

function best(accept: string, builtIn: boolean): Negotiated | undefined {
  const candidates = accept.split(',').map(parseMediaRange);
  candidates.sort((a, b) => b.quality - a.quality); // stable: the order counts among equals
  for (const candidate of candidates) {
    const result = candidate.quality > 0 ? match(candidate, builtIn) : undefined;
    if (result) return result;
  }
  return undefined;
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly parameters: Readonly<Record<string, string>>;
}

function parseMediaRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = Object.create(null);
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters[part.slice(0, equals)] = part.slice(equals + 1);
  }
  const quality = Number(parameters['q'] ?? 1);
  return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 0 : quality, parameters };
}

function match({ type, parameters }: MediaRange, builtIn: boolean): Negotiated | undefined {
  const plain = withPretty(plainFormat(type, builtIn), parameters['pretty']);
  const { as, g, v } = parameters;
  if (!plain || as === undefined || as === '') return plain;
  const form = Object.hasOwn(forms, as) ? forms[as] : undefined;
  if (!form || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  if (plain.protobuf && form === 'table') return undefined;
  return { ...plain, form, version: v };
}

function withPretty(plain: Negotiated | undefined, pretty: string | undefined): Negotiated | undefined {
  return plain && pretty !== undefined ? { ...plain, pretty: pretty === '1' || pretty === 'true' } : plain;
}

function plainFormat(type: string, builtIn: boolean): Negotiated | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return plainJson;
    case 'application/yaml':
      return plainYaml;
    case protobufType:
      return builtIn ? plainProtobuf : undefined;
    default:
      return undefined;
  }
}
