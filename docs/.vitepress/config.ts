import { type DefaultTheme, defineConfig, type UserConfig } from 'vitepress'

/** The docs as a site: `npm run docs:dev`, `npm run docs:build`. Every page must also read well as plain Markdown. */
const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'redis-object-rpc',
  description: 'Transparent object RPC over Redis for TypeScript',
  cleanUrls: true,
  lastUpdated: false,
  // Pages link to files of the repository, which are no pages.
  ignoreDeadLinks: [/\.\.\//, /^\.\/\.\.\//],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/quickstart' },
      { text: 'API', link: '/api/' },
      { text: 'Protocol', link: '/protocol' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Quickstart', link: '/quickstart' },
          { text: 'Concepts', link: '/concepts' },
          { text: 'Testing', link: '/testing' },
          { text: 'NestJS', link: '/nestjs' },
          { text: 'Comparison', link: '/comparison' },
        ],
      },
      {
        text: 'Calls',
        items: [
          { text: 'Delivery', link: '/delivery' },
          { text: 'Options', link: '/options' },
          { text: 'Validation', link: '/validation' },
          { text: 'Errors', link: '/errors' },
          { text: 'Values', link: '/values' },
          { text: 'Types of your own', link: '/types' },
          { text: 'Objects', link: '/objects' },
          { text: 'Streams', link: '/streams' },
          { text: 'Pipelining', link: '/pipelining' },
          { text: 'Middleware', link: '/middleware' },
        ],
      },
      {
        text: 'Queues, events, functions',
        items: [
          { text: 'Queue, cache and events', link: '/ipc' },
          { text: 'Functions', link: '/functions' },
        ],
      },
      {
        text: 'Production',
        items: [
          { text: 'Operations', link: '/operations' },
          { text: 'Security', link: '/security' },
          { text: 'Observability', link: '/observability' },
          { text: 'Performance', link: '/performance' },
          { text: 'Command line', link: '/cli' },
          { text: 'Bundlers', link: '/bundlers' },
        ],
      },
      {
        text: 'Embedded Redis',
        items: [
          { text: 'Embedded Redis', link: '/embedded' },
          { text: 'Scripts', link: '/embedded-scripts' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'API', link: '/api/' },
          { text: 'Protocol', link: '/protocol' },
          { text: 'Architecture', link: '/architecture' },
        ],
      },
    ],
  },
})

export default config
