/** Proto files as tables, and the descriptors that are made of them. Loads protobuf's library. */
export * from './proto-file.js';
