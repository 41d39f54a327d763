import type { V1Condition, V1LabelSelector, V1LabelSelectorRequirement, V1ObjectMeta } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';

/** Selects objects by their labels; `matchLabels` and `matchExpressions` must all hold. */
export type LabelSelector = Plain<V1LabelSelector>;
export type LabelSelectorRequirement = Plain<V1LabelSelectorRequirement>;

/** One aspect of an object's state with the time of its last change. */
export type Condition = Plain<V1Condition>;

/** The metadata of something that is not an object of its own, as a pod template. */
export type EmbeddedMeta = Plain<V1ObjectMeta>;
