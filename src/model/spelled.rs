//! Enums that are spelled in one way: in configuration, JSON, database and on the
//! command line. strum derives the spelling from the names of the values.

/// Defines an enum with its spelling, the inverse of that, and the list of its values;
/// the first argument is the case of serde and strum. Of an enum that another macro
/// defines, its name alone.
macro_rules! spelled {
    ($case:tt, $(#[$about:meta])* pub enum $name:ident { $($values:tt)* }) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
            strum::IntoStaticStr, strum::EnumString, strum::VariantArray,
        )]
        #[serde(rename_all = $case)]
        #[strum(serialize_all = $case)]
        pub enum $name { $($values)* }

        $crate::model::spelled!($name);
    };
    ($name:ty) => {
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

            /// How it is spelled.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// The inverse of [`as_str`](Self::as_str).
            pub fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}

/// Of an enum of KITOS's words that keeps those it does not know: each is spelled as
/// KITOS spells it.
macro_rules! as_kitos_spells_it {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_kitos())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                Ok(Self::from_kitos(&String::deserialize(reader)?))
            }
        }
    };
}

pub(crate) use as_kitos_spells_it;
pub(crate) use spelled;
