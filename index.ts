/** What a project of one's own imports: the ways to declare pipelines and configuration, and the types of both. */
export * from './schemas/index.js';
