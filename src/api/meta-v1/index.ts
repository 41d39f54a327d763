export type { Condition, EmbeddedMeta, LabelSelector, LabelSelectorRequirement } from './types.ts';
