import type { WidgetsDoor } from '../../settings/door.ts'
import type { Door, Endpoint } from '../door.ts'
import { refuseDetail } from '../refuse.ts'
import type { Services } from '../services.ts'
import { corsHeaders, preflight, requireOrigin } from './origin.ts'
import { findWidget, sessionEndpoint, type WidgetsContext, withCors } from './session.ts'

/** What a page needs to draw the widget; public, but only for the pages it may run on. */
function appearanceEndpoint(widgets: WidgetsContext): Endpoint {
  return {
    path: `${widgets.door.path}/{slug}/appearance`,
    methods: {
      async GET(request) {
        const widget = await findWidget(request.params['slug'] ?? '', widgets)
        requireOrigin(request, widget, widgets.door)
        const { name = widget.slug, greeting = null, appearance = {} } = widget.profile
        return {
          status: 200,
          headers: { ...corsHeaders(request), 'cache-control': 'no-store' },
          body: { slug: widget.slug, name, greeting, appearance },
        }
      },
      OPTIONS: (request) => preflight(request, 'GET'),
    },
    refuse: (error, request) => withCors(refuseDetail(error), request),
  }
}

/** Browser widgets, let in by the page they run on. */
export function widgetsDoor(door: WidgetsDoor, services: Services): Door {
  const widgets = { door, services }
  return {
    id: door.id,
    prefixes: [door.path],
    ...(door.hosts && { hosts: door.hosts }),
    endpoints: [sessionEndpoint(widgets), appearanceEndpoint(widgets)],
    refuse: refuseDetail,
  }
}
