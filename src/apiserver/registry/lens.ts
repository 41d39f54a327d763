import type { Kind, StrategyContext, Subresource } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import { copyJson } from '../../apimachinery/json-value.ts';

/** What a GET of the subresource shows. */
export function throughLens(subresource: Subresource | undefined, object: KubeObject): AnyObject {
  return (subresource?.get?.(object) ?? object) as AnyObject;
}

/** The whole object with what was sent to the subresource put in place. `current` is a copy and is given away. */
export function applyLens(
  subresource: Subresource | undefined,
  current: AnyObject,
  sent: AnyObject,
  context: StrategyContext,
): AnyObject {
  if (!subresource) return sent;
  const { uid, resourceVersion } = sent.metadata ?? {};
  const updated = subresource.set
    ? (subresource.set(current, sent, context) as AnyObject)
    : withStatus(current, sent, subresource.keepsMetadata);
  // The caller's preconditions hold for the parent.
  updated.metadata = { ...updated.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  return updated;
}

/** The default lens: the status that was sent, with its metadata, on everything else as it is. */
function withStatus(current: AnyObject, sent: AnyObject, keepsMetadata = false): AnyObject {
  if (sent.metadata && !keepsMetadata) current.metadata = copyJson(sent.metadata);
  if (sent['status'] === undefined) delete current['status'];
  else current['status'] = copyJson(sent['status']);
  return current;
}

/** The kind of a subresource's body: its own, or its parent's. */
export function lensTarget(
  kind: Kind,
  subresource: Subresource | undefined,
): { group: string; version: string; kind: string; definition: string } {
  if (!subresource?.kind) return kind;
  return { ...subresource.kind, definition: subresource.definition ?? '' };
}
