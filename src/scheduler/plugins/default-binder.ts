import { pod as podKind } from '../../api/core-v1/pod.ts';
import type { PluginFactory } from '../plugin.ts';

/** Posts the Binding; the pod's uid goes with it, so that no namesake is bound instead. */
export const defaultBinder: PluginFactory = {
  name: 'DefaultBinder',
  create: (_, { client }) => ({
    name: 'DefaultBinder',
    async bind({ pod }, nodeName) {
      const { name, namespace, uid } = pod.metadata;
      const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
      await client.createSubresource(podKind, { name, namespace }, 'binding', binding);
      return true;
    },
  }),
};
