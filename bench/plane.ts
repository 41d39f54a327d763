import { realClock } from '../src/base/clock.ts';
import { noLog } from '../src/base/log.ts';
import { realRandom } from '../src/base/random.ts';
import { ControlPlane } from '../src/cluster/control-plane.ts';
import { Pki } from '../src/cluster/pki.ts';
import { MemoryStorage } from '../src/storage/memory.ts';

/** An API server in this process, over the memory store, with neither controllers nor a scheduler. */
export async function barePlane(): Promise<ControlPlane> {
  return ControlPlane.start({
    storage: new MemoryStorage({ clock: realClock }),
    pki: await Pki.open({ clock: realClock }),
    clock: realClock,
    random: realRandom,
    log: noLog,
    controllers: false,
    scheduler: false,
    serviceCidr: '10.96.0.0/16',
    advertiseAddress: '127.0.0.1',
  });
}
