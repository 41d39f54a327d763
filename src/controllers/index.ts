export { controllers } from './list.ts';
export { ControllerManager, type ControllerManagerOptions } from './manager.ts';
export { rootCaController } from './root-ca.ts';
