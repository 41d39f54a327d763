import { ProtobufCodec } from '../apimachinery/protobuf/codec.ts';
import { unsetZeros, type MessageFacts } from '../apimachinery/protobuf/fields.ts';
import { definitions, protobufFacts } from './definitions.ts';

let facts: MessageFacts | undefined;
let codec: ProtobufCodec | undefined;
let byType: ReadonlyMap<string, string> | undefined;

/** The protobuf codec of all built-in kinds. Its facts are read on first use. */
export function protobuf(): ProtobufCodec {
  codec ??= new ProtobufCodec(messageFacts());
  return codec;
}

/** The fields of a definition for which 0, false and '' say nothing: they are no different in JSON and in protobuf. */
export function unsetZerosOf(definition: string): ReadonlySet<string> {
  return unsetZeros(messageFacts(), definition);
}

function messageFacts(): MessageFacts {
  facts ??= protobufFacts();
  return facts;
}

/** The definition of a built-in type that stands at the top of a document: `io.k8s.api.core.v1.Pod` for `v1`, `Pod`. */
export function definitionOf(apiVersion: string, kind: string): string | undefined {
  byType ??= new Map(namedTypes());
  return byType.get(`${apiVersion}/${kind}`);
}

function* namedTypes(): Generator<[string, string]> {
  const all = definitions();
  for (const name of all.names()) {
    for (const { group, version, kind } of all.get(name)?.['x-kubernetes-group-version-kind'] ?? []) {
      yield [`${group ? `${group}/` : ''}${version}/${kind}`, name];
    }
  }
  for (const version of ['v1', 'v1beta1']) {
    const type = 'PartialObjectMetadata';
    yield [`meta.k8s.io/${version}/${type}`, `io.k8s.apimachinery.pkg.apis.meta.v1.${type}`];
    yield [`meta.k8s.io/${version}/${type}List`, `io.k8s.apimachinery.pkg.apis.meta.v1.${type}List`];
  }
}
