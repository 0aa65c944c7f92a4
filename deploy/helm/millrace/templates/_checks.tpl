{{/* Refuses values that would render, and then lose something or never become ready. */}}
{{- define "millrace.checks" -}}
{{- $settings := .Values.settings -}}
{{- $several := or (gt (int .Values.replicas) 1) .Values.hpa.enabled .Values.keda.enabled -}}
{{- $why := ternary "autoscaling" (printf "replicas: %d" (int .Values.replicas)) (or .Values.hpa.enabled .Values.keda.enabled) -}}
{{- $enabled := dict -}}
{{- range $room := list "jobs" "files" "metering" "audit" -}}
{{- $of := dig $room "enabled" "" $settings | toString -}}
{{- if or (eq $of "true") (eq $of "auto") }}{{ $_ := set $enabled $room true }}{{ end -}}
{{- end -}}

{{- if $several -}}
{{- if .Values.store.enabled -}}
{{- fail (printf "%s with store.enabled: a store has one writer, so API keys, routes and labels that one replica makes would be unknown to the others. Use static keys (keys.callers), OpenID Connect (settings.auth.issuers) and routes in settings.routes, or one replica" $why) -}}
{{- end -}}
{{- if $settings.rollouts -}}
{{- fail (printf "%s with settings.rollouts: each replica would judge the new version alone, by its part of the requests, and advance or roll back for itself. Use one replica for rollouts" $why) -}}
{{- end -}}
{{- if $enabled.jobs -}}
{{- fail (printf "%s with settings.jobs: a job would be known to the replica that took it, and the others would answer 404 for it. Use one replica for jobs" $why) -}}
{{- end -}}
{{- if $enabled.files -}}
{{- fail (printf "%s with settings.files: a file or batch would be known to the replica that took it, and the others would answer 404 for it. Use one replica for files and batches" $why) -}}
{{- end -}}
{{- if (dig "auth" "required" false $settings) -}}
{{- fail (printf "%s with settings.auth.required: the API keys that it asks for are kept in a store, which replicas do not share. Use static keys (keys.callers) or OpenID Connect (settings.auth.issuers)" $why) -}}
{{- end -}}
{{- end -}}

{{- if not .Values.store.enabled -}}
{{- range $room := list "jobs" "files" "metering" "audit" -}}
{{- if get $enabled $room -}}
{{- fail (printf "settings.%s.enabled needs store.enabled: without it a pod keeps nothing" $room) -}}
{{- end -}}
{{- end -}}
{{- if or $settings.rollouts (dig "auth" "required" false $settings) -}}
{{- fail "settings.rollouts and settings.auth.required need store.enabled: without it a pod keeps nothing" -}}
{{- end -}}
{{- end -}}

{{- if and .Values.hpa.enabled .Values.keda.enabled -}}
{{- fail "hpa.enabled and keda.enabled: two autoscalers would undo each other's decisions on one Deployment; KEDA takes a cpu trigger in keda.triggers" -}}
{{- end -}}
{{- if and .Values.hpa.enabled (not (dig "requests" "cpu" "" .Values.resources)) -}}
{{- fail "hpa.enabled needs resources.requests.cpu, of which targetCPUUtilizationPercentage is a share" -}}
{{- end -}}
{{- if and .Values.keda.enabled (not .Values.keda.prometheusAddress) -}}
{{- fail "keda.enabled needs keda.prometheusAddress, such as http://prometheus.monitoring.svc:9090" -}}
{{- end -}}
{{- if and .Values.keda.enabled (eq (int .Values.keda.minReplicas) 0) (not .Values.keda.triggers) -}}
{{- fail "keda.minReplicas: 0 needs an entry of keda.triggers whose signal outlives the pods: pods that are not there report no queue, so nothing would start the first one" -}}
{{- end -}}
{{- range $scaler := list "hpa" "keda" -}}
{{- $of := get $.Values $scaler -}}
{{- if gt (int $of.minReplicas) (int $of.maxReplicas) -}}
{{- fail (printf "%s.minReplicas is larger than %s.maxReplicas" $scaler $scaler) -}}
{{- end -}}
{{- end -}}

{{- $sources := 0 -}}
{{- if .Values.models.existingClaim }}{{ $sources = add1 $sources }}{{ end -}}
{{- if .Values.models.image.reference }}{{ $sources = add1 $sources }}{{ end -}}
{{- if .Values.models.pull }}{{ $sources = add1 $sources }}{{ end -}}
{{- if ne (int $sources) 1 -}}
{{- fail (printf "models: set exactly one of existingClaim, image.reference and pull, not %d" (int $sources)) -}}
{{- end -}}

{{- if and .Values.keys.callers (not .Values.keys.existingSecret) -}}
{{- fail "keys.callers needs keys.existingSecret, a secret with an entry for each caller" -}}
{{- end -}}
{{- if and .Values.keys.callers (dig "auth" "keys" list $settings) -}}
{{- fail "keys.callers and settings.auth.keys: set one of them, as settings replace lists" -}}
{{- end -}}
{{- if not (or .Values.allowAnonymous .Values.keys.callers (dig "auth" "keys" list $settings) (dig "auth" "issuers" list $settings) (dig "auth" "required" false $settings)) -}}
{{- fail "nobody could call: set keys.existingSecret and keys.callers, settings.auth.issuers, or allowAnonymous: true where the network is the only protection that is needed" -}}
{{- end -}}
{{- if .Values.serviceMonitor.enabled -}}
{{- $found := .Values.allowAnonymous -}}
{{- range .Values.keys.callers }}{{ if and (eq .name $.Values.serviceMonitor.caller) (has "observe" .scopes) }}{{ $found = true }}{{ end }}{{ end -}}
{{- if not $found -}}
{{- fail (printf "serviceMonitor.caller: keys.callers has no '%s' with the scope observe, so Prometheus could not read the metrics" .Values.serviceMonitor.caller) -}}
{{- end -}}
{{- end -}}

{{- range $key := list "host" "httpPort" "grpcPort" "metricsPort" "drainDelayMs" "gracePeriodMs" -}}
{{- if hasKey (dig "server" dict $settings) $key -}}
{{- fail (printf "settings.server.%s: the chart sets it, as probes, ports and the time to stop follow from it (service.ports and drain are the values)" $key) -}}
{{- end -}}
{{- end -}}
{{- if hasKey (dig "store" dict $settings) "path" -}}
{{- fail "settings.store.path: the chart sets it (store.enabled is the value)" -}}
{{- end -}}
{{- if le (int .Values.drain.delaySeconds) (int .Values.probes.readinessPeriodSeconds) -}}
{{- fail "drain.delaySeconds must be longer than probes.readinessPeriodSeconds: a pod has to be found not ready while it still answers" -}}
{{- end -}}
{{- end -}}
