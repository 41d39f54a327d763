export { controllers } from './list.ts';
export { controllerNames, ControllerManager, type ControllerManagerOptions } from './manager.ts';
export { namesOf, selectedControllers } from './names.ts';
export { AddressPool } from './service-lb/pool.ts';
export { rootCaController } from './root-ca.ts';
export { localPathProvisionerController } from './local-path-provisioner.ts';
export { rangeSlots, type NodeRanges } from './node-ipam/range-slots.ts';
