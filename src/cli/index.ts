import type { Command } from './command.ts';
import { dns } from './dns.ts';
import { down } from './down.ts';
import { ingress } from './ingress.ts';
import { kubeconfig } from './kubeconfig.ts';
import { node } from './node.ts';
import { up } from './up.ts';
import { version } from './version.ts';
import { why } from './why.ts';

/** The commands of `cox`, in the order the help lists them. */
export const commands: readonly Command[] = [up, down, node, dns, ingress, kubeconfig, why, version];
