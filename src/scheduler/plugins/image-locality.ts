import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';

const MEGABYTE = 1024 * 1024;
/** Less than this (bytes) is not worth a preference; more than so much per container is no better. */
const SMALLEST = 23 * MEGABYTE;
const LARGEST_PER_CONTAINER = 1000 * MEGABYTE;

interface State {
  readonly containers: number;
  /** Which share of all nodes has each image of the pod, so that a rare image does not draw all pods to one node. */
  readonly spread: readonly { readonly image: string; readonly share: number }[];
}

/** Prefers nodes that have the pod's large images already. */
export const imageLocality: Plugin<void, State> = {
  name: 'ImageLocality',
  preScore(pod, _, snapshot) {
    const state = stateOf(pod, snapshot);
    return state.spread.length === 0 ? 'skip' : state;
  },
  score(_, node, state) {
    let bytes = 0;
    for (const { image, share } of state.spread) bytes += Math.trunc(sizeOn(node, image) * share);
    const largest = LARGEST_PER_CONTAINER * state.containers;
    const clamped = Math.min(Math.max(bytes, SMALLEST), largest);
    return Math.trunc((BEST_SCORE * (clamped - SMALLEST)) / (largest - SMALLEST));
  },
};

function stateOf(pod: PodInfo, snapshot: Snapshot): State {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const images = containers.map((c) => withTag(c.image ?? ''));
  const spread = images
    .map((image) => ({ image, share: snapshot.nodesWithImage(image) / Math.max(1, snapshot.nodes.length) }))
    .filter(({ share }) => share > 0);
  return { containers: Math.max(1, containers.length), spread };
}

function sizeOn(node: NodeInfo, image: string): number {
  return node.images.get(image) ?? 0;
}

/** Nodes report names with a tag; `web` means `web:latest`. A port in the registry's name is not a tag. */
function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
