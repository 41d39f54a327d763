import { replicationController } from '../api/core-v1/replication-controller.ts';
import { selectorFromMap } from '../apimachinery/label-selector.ts';
import { podKeeperController } from './replica-set/pod-keeper.ts';

/** Keeps as many pods as each ReplicationController wants, as it is done for ReplicaSets. */
export const replicationControllerController = podKeeperController({
  name: 'replicationcontroller-controller',
  eventSource: 'replication-controller',
  kind: replicationController,
  selectorOf: (set) => selectorFromMap(set.spec?.selector),
  countsTerminating: false,
});
