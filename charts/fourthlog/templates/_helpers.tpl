{{- define "fourthlog.labels" -}}
app.kubernetes.io/part-of: fourthlog
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "fourthlog.image" -}}
{{ .root.Values.image.repository }}/fourthlog-{{ .name }}:{{ .root.Values.image.tag }}
{{- end }}

{{/* What no container of ours needs. */}}
{{- define "fourthlog.restricted" -}}
runAsNonRoot: true
runAsUser: 65532
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}
