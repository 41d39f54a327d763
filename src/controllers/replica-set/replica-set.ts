import { replicaSet } from '../../api/apps-v1/replica-set.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { podKeeperController } from './pod-keeper.ts';

/** Keeps as many pods as each ReplicaSet wants. */
export const replicaSetController = podKeeperController({
  name: 'replicaset-controller',
  kind: replicaSet,
  selectorOf: (set) => selectorFromObject(set.spec?.selector),
  countsTerminating: true,
});
