export { runCoordinator, type CoordinatorOptions, type LocksCoordinator, type TaskRun } from './run-coordinator.js';
