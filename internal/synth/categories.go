package synth

import "abtool/byproduct/coco"

// traits describe a class to the simulation.
type traits struct {
	super  string
	shelf  int     // superclass in the front end, index into shelves
	weight float64 // how often images have it, relative
	size   float64 // typical area of a box, share of the image
}

// category is one of COCO's 80 classes.
type category struct {
	name string
	id   int // COCO's, with gaps
	traits
}

// shelves are the 11 superclasses that annotators browse, in the front end's order.
var shelves = [11]string{"PersonAccessory", "Animal", "Vehicle", "OutdoorObj", "Sports", "Kitchenware", "Food", "Furniture",
	"Appliance", "Electronics", "IndoorObjects"}

// categories are coco.Categories with their traits.
var categories = func() (all [80]category) {
	for i, c := range coco.Categories {
		all[i] = category{c.Name, int(c.ID), classTraits[i]}
	}
	return all
}()

// classTraits are in the order of coco.Categories.
var classTraits = [80]traits{
	{"person", 0, 64, 0.09},       // person
	{"vehicle", 2, 3.3, 0.06},     // bicycle
	{"vehicle", 2, 12, 0.03},      // car
	{"vehicle", 2, 3.5, 0.14},     // motorcycle
	{"vehicle", 2, 3, 0.12},       // airplane
	{"vehicle", 2, 4, 0.17},       // bus
	{"vehicle", 2, 3.6, 0.23},     // train
	{"vehicle", 2, 6, 0.09},       // truck
	{"vehicle", 2, 3, 0.04},       // boat
	{"outdoor", 3, 4, 0.01},       // traffic light
	{"outdoor", 3, 1.7, 0.1},      // fire hydrant
	{"outdoor", 3, 1.7, 0.1},      // stop sign
	{"outdoor", 3, 0.7, 0.12},     // parking meter
	{"outdoor", 3, 5.6, 0.1},      // bench
	{"animal", 1, 3.2, 0.04},      // bird
	{"animal", 1, 4.1, 0.25},      // cat
	{"animal", 1, 4.4, 0.17},      // dog
	{"animal", 1, 2.9, 0.13},      // horse
	{"animal", 1, 1.5, 0.05},      // sheep
	{"animal", 1, 2, 0.08},        // cow
	{"animal", 1, 2.1, 0.18},      // elephant
	{"animal", 1, 1, 0.3},         // bear
	{"animal", 1, 1.9, 0.15},      // zebra
	{"animal", 1, 2.5, 0.16},      // giraffe
	{"accessory", 0, 5.5, 0.02},   // backpack
	{"accessory", 0, 4, 0.06},     // umbrella
	{"accessory", 0, 6.8, 0.015},  // handbag
	{"accessory", 0, 3.8, 0.015},  // tie
	{"accessory", 0, 2.4, 0.05},   // suitcase
	{"sports", 4, 2.2, 0.01},      // frisbee
	{"sports", 4, 3.1, 0.015},     // skis
	{"sports", 4, 1.6, 0.03},      // snowboard
	{"sports", 4, 4.3, 0.004},     // sports ball
	{"sports", 4, 2.3, 0.015},     // kite
	{"sports", 4, 2.5, 0.01},      // baseball bat
	{"sports", 4, 2.6, 0.008},     // baseball glove
	{"sports", 4, 3.5, 0.03},      // skateboard
	{"sports", 4, 3.5, 0.05},      // surfboard
	{"sports", 4, 3.4, 0.02},      // tennis racket
	{"kitchen", 5, 8.5, 0.02},     // bottle
	{"kitchen", 5, 2.5, 0.03},     // wine glass
	{"kitchen", 5, 9.2, 0.025},    // cup
	{"kitchen", 5, 3.5, 0.02},     // fork
	{"kitchen", 5, 4.3, 0.015},    // knife
	{"kitchen", 5, 3.5, 0.015},    // spoon
	{"kitchen", 5, 7.1, 0.07},     // bowl
	{"food", 6, 2.2, 0.06},        // banana
	{"food", 6, 1.6, 0.03},        // apple
	{"food", 6, 2.4, 0.14},        // sandwich
	{"food", 6, 1.7, 0.04},        // orange
	{"food", 6, 1.9, 0.06},        // broccoli
	{"food", 6, 1.7, 0.03},        // carrot
	{"food", 6, 1.2, 0.09},        // hot dog
	{"food", 6, 3.2, 0.2},         // pizza
	{"food", 6, 1.5, 0.06},        // donut
	{"food", 6, 2.9, 0.1},         // cake
	{"furniture", 7, 12.8, 0.04},  // chair
	{"furniture", 7, 4.4, 0.17},   // couch
	{"furniture", 7, 4.5, 0.05},   // potted plant
	{"furniture", 7, 3.7, 0.35},   // bed
	{"furniture", 7, 11.8, 0.25},  // dining table
	{"furniture", 7, 3.4, 0.15},   // toilet
	{"electronic", 9, 4.6, 0.09},  // tv
	{"electronic", 9, 3.5, 0.12},  // laptop
	{"electronic", 9, 1.9, 0.012}, // mouse
	{"electronic", 9, 3.1, 0.015}, // remote
	{"electronic", 9, 2.1, 0.06},  // keyboard
	{"electronic", 9, 4.8, 0.02},  // cell phone
	{"appliance", 8, 1.5, 0.05},   // microwave
	{"appliance", 8, 2.9, 0.15},   // oven
	{"appliance", 8, 0.2, 0.06},   // toaster
	{"appliance", 8, 4.7, 0.05},   // sink
	{"appliance", 8, 2.4, 0.17},   // refrigerator
	{"indoor", 10, 5.3, 0.01},     // book
	{"indoor", 10, 4.7, 0.03},     // clock
	{"indoor", 10, 3.6, 0.04},     // vase
	{"indoor", 10, 0.9, 0.08},     // scissors
	{"indoor", 10, 2.1, 0.12},     // teddy bear
	{"indoor", 10, 0.2, 0.05},     // hair drier
	{"indoor", 10, 1, 0.03},       // toothbrush
}
