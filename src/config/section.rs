//! The macro that the table of keys is written in. One declaration of a section
//! becomes its struct, the reading of its keys, their part of the example file
//! and of the list that slips are compared with.

/// A section of the file, and a struct of that name with a field for each key.
///
/// A key is `name: Type = kind(…);` below its description, and the kinds are
/// - `default(VALUE, reader)`: VALUE as it would stand in the file;
/// - `required(EXAMPLE, reader)`: it must be set;
/// - `off(reader)`: not set unless someone sets it; the type is an `Option`;
/// - `by(function)`: not a key, but whatever `function` reads, such as a section
///   below this one. These stand last, as in the file.
///
/// A reader takes a [`Given`](super::given::Given); most are in `values.rs` and
/// `addresses.rs`. The description is the comment in the example file, line by
/// line; a key without one belongs to the key above.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $section:literal => $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $key:ident: $type:ty = $kind:ident($($how:tt)*);
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $key: $type,)*
        }

        impl $name {
            pub(super) fn read(reader: &mut $crate::config::read::Reader<'_>) -> Self {
                reader.section($section, |_| concat!("", $($about, "\n"),*).to_owned());
                Self {
                    $($key: section!(
                        @$kind reader,
                        concat!($section, ".", stringify!($key)),
                        concat!("", $($doc, "\n"),*),
                        $($how)*
                    ),)*
                }
            }
        }

        /// Each key as the example file has it.
        impl Default for $name {
            fn default() -> Self {
                $crate::config::read::with_nothing_set(Self::read).0
            }
        }
    };
    (@default $reader:ident, $path:expr, $about:expr, $value:tt, $read:expr) => {
        $reader.default($path, $about, stringify!($value), $read)
    };
    (@required $reader:ident, $path:expr, $about:expr, $example:tt, $read:expr) => {
        $reader.required($path, $about, stringify!($example), $read)
    };
    (@off $reader:ident, $path:expr, $about:expr, $read:expr) => {
        $reader.optional($path, $about, $read)
    };
    (@by $reader:ident, $path:expr, $about:expr, $function:expr) => {
        $function($reader)
    };
}

pub(super) use section;
