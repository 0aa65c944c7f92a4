{{- define "millrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "millrace.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "millrace.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "millrace.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "millrace.selectorLabels" -}}
app.kubernetes.io/name: {{ include "millrace.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "millrace.labels" -}}
{{ include "millrace.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "millrace.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "millrace.serviceAccount" -}}
{{- default (include "millrace.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* Of the server's container, and of those before it: the restricted Pod Security Standard. */}}
{{- define "millrace.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "millrace.scheme" -}}
{{- ternary "HTTPS" "HTTP" (ne .Values.tls.existingSecret "") -}}
{{- end -}}

{{/*
The settings as YAML: those of the values, over those that the chart knows.
A server without a store keeps nothing, so what needs one is off, and its root file system refuses to make one.
*/}}
{{- define "millrace.settings" -}}
{{- $server := dict "host" "0.0.0.0" "httpPort" 8000 "grpcPort" 8001 "metricsPort" 8002 -}}
{{- $_ := set $server "drainDelayMs" (mul .Values.drain.delaySeconds 1000) -}}
{{- $_ := set $server "gracePeriodMs" (mul .Values.drain.graceSeconds 1000) -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $server "tls" (dict "certFile" "/run/tls/millrace/tls.crt" "keyFile" "/run/tls/millrace/tls.key") -}}
{{- end -}}
{{- $auth := dict -}}
{{- if .Values.allowAnonymous }}{{ $_ := set $auth "allowAnonymous" true }}{{ end -}}
{{- if .Values.keys.callers -}}
{{- $keys := list -}}
{{- range .Values.keys.callers -}}
{{- $keys = append $keys (dict "name" .name "key" (printf "${file:/run/secrets/millrace/%s}" .name) "scopes" .scopes) -}}
{{- end -}}
{{- $_ := set $auth "keys" $keys -}}
{{- end -}}
{{- $known := dict "server" $server "repository" (dict "paths" (list "/models")) -}}
{{- if $auth }}{{ $_ := set $known "auth" $auth }}{{ end -}}
{{- if .Values.store.enabled -}}
{{- $_ := set $known "store" (dict "path" "/data/store.db") -}}
{{- $_ := set $known "audit" (dict "folder" "/data/audit") -}}
{{- else -}}
{{- range list "jobs" "files" "metering" "audit" -}}
{{- $_ := set $known . (dict "enabled" false) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $known (deepCopy .Values.settings) | toYaml -}}
{{- end -}}
