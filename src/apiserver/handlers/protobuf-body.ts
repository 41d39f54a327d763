import { protobuf } from '../../api/protobuf.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import { openEnvelope } from '../../apimachinery/protobuf/envelope.ts';
import { WireError } from '../../apimachinery/protobuf/wire-error.ts';

/** Whether bodies of this definition may be sent as protobuf: only those of built-in kinds. */
export function takesProtobuf(definition: string): boolean {
  return protobuf().knows(definition);
}

/**
 * The object in a protobuf document, as its JSON would have it, its type included. Of an object that says that it is of
 * another kind only the type is told, which the caller refuses.
 * @throws ApiError BadRequest when it is not valid
 */
export function parseProtobuf(document: Buffer, target: { kind: string; definition: string }): Record<string, unknown> {
  try {
    const { apiVersion, kind, raw } = openEnvelope(document);
    const type = { ...(apiVersion && { apiVersion }), ...(kind && { kind }) };
    if (kind && kind !== target.kind) return type;
    return { ...type, ...protobuf().decode(target.definition, raw) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${target.kind}): it is no valid protobuf: ${error.message}`,
    );
  }
}
