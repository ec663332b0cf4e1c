package object

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// MarkSecrets marks values in `to` as secret, in place, where `from` is secret. In objects this applies field by field.
// An array that contains a secret becomes secret as a whole, because servers reorder arrays. The data and stringData of
// any kind named Secret are always secret.
func MarkSecrets(to, from resource.PropertyMap) {
	if to == nil {
		return
	}
	if kind, ok := to["kind"]; ok && kind.IsString() && kind.StringValue() == "Secret" {
		hide(to, "data")
		hide(to, "stringData")
		return
	}
	for key, source := range from {
		target, ok := to[key]
		switch {
		case !ok:
		case target.IsObject() && source.IsObject():
			MarkSecrets(target.ObjectValue(), source.ObjectValue())
		case source.ContainsSecrets():
			hide(to, key)
		}
	}
}

func hide(props resource.PropertyMap, key resource.PropertyKey) {
	if value, ok := props[key]; ok && !value.IsSecret() {
		props[key] = resource.MakeSecret(value)
	}
}
