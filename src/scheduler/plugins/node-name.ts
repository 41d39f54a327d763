import type { Plugin, Rejection } from '../plugin.ts';

const elsewhere: Rejection = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };

/** A pod that names its node goes there or nowhere. */
export const nodeName: Plugin = {
  name: 'NodeName',
  wakesOn: [{ on: ['NodeAdd'], helps: ({ spec }, { object }) => spec.nodeName === object?.metadata.name }],
  preFilter: ({ spec }) => (spec.nodeName ? { state: null } : 'skip'),
  filter: (pod, node) => (pod.spec.nodeName === node.name ? undefined : elsewhere),
};
