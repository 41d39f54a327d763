import { createHash } from 'node:crypto';
import { definitionsStamp, describedDefinitions, fieldValues, type AllFieldValues } from '../../api/definitions.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import { toDocument, type CachedDocument } from '../discovery.ts';
import { groupVersionPath } from './operations.ts';
import { v2Document } from './v2.ts';
import { v2Protobuf, v2ProtobufType } from './v2-protobuf.ts';
import { v3Document } from './v3.ts';

/** Goes into the hashes that clients cache documents by: raise it when the form of the documents changes. */
const FORM = 2;

export interface OpenApiOptions {
  /** Where the schemas come from, with descriptions; called when a document is made. Default: the built-in kinds'. */
  readonly definitions?: () => Definitions;
  /** What `info.version` says. */
  readonly serverVersion?: string;
}

/** The OpenAPI documents of a registry's kinds, made when first asked for and dropped when the registry changes. */
export class OpenApi {
  readonly #registry: KindRegistry;
  readonly #definitions: () => Definitions;
  readonly #serverVersion: string;
  readonly #documents = new Map<string, CachedDocument>();
  #version = -1;
  #fieldValues: AllFieldValues | undefined;
  /** Kept only as long as memory is plentiful: several documents are often asked for one after another. */
  #recent: WeakRef<Definitions> | undefined;

  constructor(registry: KindRegistry, options: OpenApiOptions = {}) {
    this.#registry = registry;
    this.#definitions = options.definitions ?? describedDefinitions;
    this.#serverVersion = options.serverVersion ?? 'v1.36.0';
  }

  /** `/openapi/v3`: where the document of each group and version is. The hash in it changes when the document does. */
  v3Index(): CachedDocument {
    return this.#cached('v3', () => {
      const paths: Record<string, { serverRelativeURL: string }> = {};
      for (const [path, kinds] of this.#byGroupVersion()) {
        paths[path.slice(1)] = { serverRelativeURL: `/openapi/v3${path}?hash=${this.#hash(kinds)}` };
      }
      return { paths };
    })!;
  }

  /** `/openapi/v3/api/v1` is `('', 'v1')`, `/openapi/v3/apis/apps/v1` is `('apps', 'v1')`; undefined when there is none. */
  v3Document(group: string, version: string): CachedDocument | undefined {
    return this.#cached(`v3${groupVersionPath({ group, version })}`, () => {
      const kinds = this.#registry.all().filter((k) => k.group === group && k.version === version);
      return kinds.length > 0 ? v3Document(kinds, this.#schemas(), this.#serverVersion, this.#values()) : undefined;
    });
  }

  /** `/openapi/v2` as JSON: everything in one document. */
  v2(): CachedDocument {
    return this.#cached('v2', () => v2Document(this.#registry.all(), this.#schemas(), this.#serverVersion))!;
  }

  /** The same in protobuf. */
  v2Protobuf(): CachedDocument {
    const make = () => v2Protobuf(v2Document(this.#registry.all(), this.#schemas(), this.#serverVersion));
    return this.#cached('v2 protobuf', make, v2ProtobufType)!;
  }

  #cached(key: string, make: () => object | undefined, contentType?: string): CachedDocument | undefined {
    if (this.#version !== this.#registry.version) this.#documents.clear();
    this.#version = this.#registry.version;
    const known = this.#documents.get(key);
    if (known) return known;
    const content = make();
    if (!content) return undefined;
    const document = toDocument(content, contentType);
    this.#documents.set(key, document);
    return document;
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

  #byGroupVersion(): Map<string, Kind[]> {
    const groups = new Map<string, Kind[]>();
    for (const kind of this.#registry.all()) {
      const path = groupVersionPath(kind);
      const kinds = groups.get(path) ?? [];
      groups.set(path, kinds);
      kinds.push(kind);
    }
    return groups;
  }

  /** Made of all that a document is made of, so that the index need not build every document to know its hash. */
  #hash(kinds: readonly Kind[]): string {
    const facts = kinds.map((k) => [k.kind, k.plural, k.namespaced, k.definition, k.verbs, k.subresources]);
    const text = JSON.stringify([FORM, this.#serverVersion, definitionsStamp(), facts]);
    return createHash('sha256').update(text).digest('hex').toUpperCase();
  }
}
