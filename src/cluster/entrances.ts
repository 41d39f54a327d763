import { authenticated } from '../auth/user.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import { realRandom } from '../base/random.ts';
import { AddressAnnouncer, removeAnnouncedAddresses } from '../proxy/address-announcer.ts';
import type { ControlPlane } from './control-plane.ts';
import { createIngress, type IngressSettings } from './ingress.ts';

export interface EntranceOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** The pool of load balancer addresses, for which the node answers too. */
  readonly loadBalancerPool?: readonly string[] | undefined;
  /** Absent: the node has no ingress controller. */
  readonly ingress?: IngressSettings | undefined;
}

interface EntranceSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly plane: ControlPlane;
}

/** What lets the world outside in, beyond the nodes' own addresses and ports. */
export async function entrancesOf(
  { nodeName, nodeIp, loadBalancerPool, ingress }: EntranceOptions,
  { clock, log, plane }: EntranceSurroundings,
): Promise<Component[]> {
  const parts: Component[] = [];
  if (loadBalancerPool?.length) {
    const client = plane.clientAs(authenticated('system:kube-proxy'), 'address-announcer');
    parts.push(new AddressAnnouncer({ client, nodeName, clock, random: realRandom, log }));
  } else {
    await removeAnnouncedAddresses(); // of a time when there was a pool
  }
  if (ingress) {
    const client = plane.clientAs(authenticated('system:coxswain:ingress'), 'cox-ingress');
    parts.push(await createIngress(ingress, { client, clock, log, nodeIp }));
  }
  return parts;
}
