import { realRandom } from '../base/random.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { CniNetwork } from '../kubelet/network/cni.ts';
import { NodeRoutes } from '../kubelet/network/node-routes/node-routes.ts';
import type { NetworkSettings } from './settings.ts';

export interface PodNetworkPlace {
  readonly client: Client;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** The kubelet's folder. */
  readonly rootDir: string;
  readonly clusterCidr: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What connects the pods of a node: with each other, and with those of other nodes. */
export function podNetwork(
  { mode = 'routes', mtu }: NetworkSettings,
  { rootDir, clusterCidr, log, ...place }: PodNetworkPlace,
): { network: CniNetwork; routes: NodeRoutes } {
  return {
    network: new CniNetwork({ rootDir, clusterCidr, mode, mtu, log: log.child({ component: 'kubelet' }) }),
    routes: new NodeRoutes({ ...place, mode, mtu, log, random: realRandom }),
  };
}
