import { setImmediate } from 'node:timers/promises';
import { definitionsStamp, describedDefinitions, fieldValues, type AllFieldValues } from '../../api/definitions.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import { sha512, toDocument, type CachedDocument } from '../cached-document.ts';
import { Content } from './content.ts';
import { coreVersions, groupList, groupOperation, resourcesOperation, serverVersion } from './discovery-operations.ts';
import { groupVersionPath, type Operation } from './operations.ts';
import { joined } from './pieces.ts';
import { v2Json } from './v2.ts';
import { v2Protobuf, v2ProtobufType } from './v2-protobuf.ts';
import { v3Json } from './v3.ts';
import { v3Protobuf, v3ProtobufType } from './v3-protobuf.ts';

/** Goes into the hashes that clients cache documents by: raise it when the form of the documents changes. */
const FORM = 4;

/** How a document is written down. */
export type OpenApiForm = 'json' | 'protobuf';

export interface OpenApiOptions {
  /** Where the schemas come from, with descriptions; called when a document is made. Default: the built-in kinds'. */
  readonly definitions?: () => Definitions;
  /** What `info.version` says. */
  readonly serverVersion?: string;
}

/** What one document of OpenAPI 3 is about: a group and version, or the discovery of something. */
interface Part {
  readonly kinds: readonly Kind[];
  readonly operations: readonly Operation[];
}

/** A document, and what it was when it was made. */
interface KeptDocument {
  readonly document: Promise<CachedDocument>;
  readonly part: string | undefined;
  readonly hash: string | undefined;
}

/**
 * The OpenAPI documents of a registry's kinds, made when first asked for, in steps that leave room for other requests,
 * kept as bytes, and dropped when the registry changes.
 */
export class OpenApi {
  readonly #registry: KindRegistry;
  readonly #definitions: () => Definitions;
  readonly #serverVersion: string;
  readonly #documents = new Map<string, KeptDocument>();
  #parts: Map<string, Part> | undefined;
  #hashes = new Map<string, string>();
  #version = -1;
  #fieldValues: AllFieldValues | undefined;
  /** Kept only as long as memory is plentiful: several documents are often asked for one after another. */
  #recent: WeakRef<Definitions> | undefined;

  constructor(registry: KindRegistry, options: OpenApiOptions = {}) {
    this.#registry = registry;
    this.#definitions = options.definitions ?? describedDefinitions;
    this.#serverVersion = options.serverVersion ?? 'v1.36.0';
  }

  /** `/openapi/v3`: where each document is. The hash in it changes when the document does. */
  v3Index(): Promise<CachedDocument> {
    return this.#cached('v3', async () => {
      const paths: Record<string, { serverRelativeURL: string }> = {};
      for (const [i, name] of [...this.#allParts().keys()].toSorted().entries()) {
        paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${this.v3Hash(name)}` };
        if (i % 50 === 49) await setImmediate();
      }
      return toDocument({ paths });
    });
  }

  /** The hash of the document `name` (`api/v1`, `apis/apps/v1`, `apis/apps`, `version`), or undefined when there is none. */
  v3Hash(name: string): string | undefined {
    const part = this.#allParts().get(name);
    if (!part) return undefined;
    const hash = this.#hashes.get(name) ?? this.#hash(part);
    this.#hashes.set(name, hash);
    return hash;
  }

  /** The document `name`; undefined when there is none. Its ETag is its hash. */
  v3Document(name: string, form: OpenApiForm = 'json'): Promise<CachedDocument> | undefined {
    const part = this.#allParts().get(name);
    if (!part) return undefined;
    const make = async () => {
      const content = new Content(part.kinds, this.#schemas(), part.operations);
      const etag = `"${this.#hash(part)}"`;
      const pieces = form === 'json' ? v3Json : v3Protobuf;
      const { body } = await joined(pieces(content, this.#serverVersion, this.#values()));
      return { body, etag, contentType: form === 'json' ? 'application/json' : v3ProtobufType };
    };
    return this.#cached(`v3 ${name} ${form}`, make, name);
  }

  /** `/openapi/v2`: everything in one document. */
  v2Document(form: OpenApiForm = 'json'): Promise<CachedDocument> {
    return this.#cached(`v2 ${form}`, async () => {
      const parts = [...this.#allParts().values()];
      const discovery = parts.flatMap((part) => part.operations);
      const content = new Content(this.#registry.all(), this.#schemas(), discovery);
      await setImmediate();
      const { body, hash } = await joined((form === 'json' ? v2Json : v2Protobuf)(content, this.#serverVersion));
      return { body, etag: `"${hash}"`, contentType: form === 'json' ? 'application/json' : v2ProtobufType };
    });
  }

  /** Drops what the registry's changes have made wrong: documents of other groups and versions stay as they are. */
  #forgetOld(): void {
    if (this.#version === this.#registry.version) return;
    this.#version = this.#registry.version;
    this.#hashes = new Map();
    this.#parts = undefined;
    for (const [key, { part, hash }] of this.#documents)
      if (!part || this.v3Hash(part) !== hash) this.#documents.delete(key);
  }

  /** Those who ask while it is being made wait for the same. `part` names the document that only its hash makes old. */
  #cached(key: string, make: () => Promise<CachedDocument>, part?: string): Promise<CachedDocument> {
    this.#forgetOld();
    const known = this.#documents.get(key);
    if (known) return known.document;
    const kept = { document: make(), part, hash: part && this.v3Hash(part) };
    this.#documents.set(key, kept);
    kept.document.catch(() => {
      if (this.#documents.get(key) === kept) this.#documents.delete(key);
    });
    return kept.document;
  }

  #schemas(): Definitions {
    const recent = this.#recent?.deref();
    if (recent) return recent;
    const fresh = this.#definitions();
    this.#recent = new WeakRef(fresh);
    return fresh;
  }

  /** Small enough to be kept. */
  #values(): AllFieldValues {
    return (this.#fieldValues ??= fieldValues());
  }

  /** What there are documents of, by name. */
  #allParts(): Map<string, Part> {
    this.#forgetOld();
    return (this.#parts ??= partsOf(this.#registry));
  }

  /** Made of all that a document is made of, so that the index need not build every document to know its hash. */
  #hash({ kinds, operations }: Part): string {
    const facts = kinds.map((k) => [k.kind, k.plural, k.namespaced, k.definition, k.verbs, k.subresources]);
    return sha512(JSON.stringify([FORM, this.#serverVersion, definitionsStamp(), facts, operations.map((o) => o.id)]));
  }
}

function partsOf(registry: KindRegistry): Map<string, Part> {
  const parts = new Map<string, Part>([
    ['api', { kinds: [], operations: [coreVersions] }],
    ['apis', { kinds: [], operations: [groupList] }],
    ['version', { kinds: [], operations: [serverVersion] }],
  ]);
  const kindsOf = Map.groupBy(registry.all(), (kind) => groupVersionPath(kind));
  for (const [group, versions] of registry.groups()) {
    if (group) parts.set(`apis/${group}`, { kinds: [], operations: [groupOperation(group)] });
    for (const version of versions) {
      const path = groupVersionPath({ group, version });
      parts.set(path.slice(1), { kinds: kindsOf.get(path)!, operations: [resourcesOperation({ group, version })] });
    }
  }
  return parts;
}
